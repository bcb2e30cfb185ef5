-- Neovim as somebody uses it: a file is opened, the server says what is wrong, completes, and runs a query.
local out = {}
local function settled(done)
  return vim.wait(30000, done, 50)
end

vim.cmd("filetype plugin on | syntax on")
require("runql").setup({ cmd = vim.fn.json_decode(vim.env.RUNQL), source = "demo" })
vim.cmd("edit " .. vim.fn.fnameescape(vim.env.FILE))
out.filetype, out.commentstring = vim.bo.filetype, vim.bo.commentstring
settled(function()
  return #vim.diagnostic.get(0) > 0
end)
out.diagnostics = vim.tbl_map(function(each)
  return { each.lnum, each.col, each.code }
end, vim.diagnostic.get(0))

out.omnifunc = vim.bo.omnifunc
out.word = vim.fn.matchstr("runs where config.l", "\\k*$")

local found = {}
settled(function()
  local asked = { textDocument = vim.lsp.util.make_text_document_params(), position = { line = 0, character = 18 } }
  for _, answer in pairs(vim.lsp.buf_request_sync(0, "textDocument/completion", asked, 5000) or {}) do
    found = answer.result and answer.result.items or {}
  end
  return #found > 0
end)
out.completion = vim.tbl_map(function(item)
  return item.label
end, found)

vim.api.nvim_win_set_cursor(0, { 1, 3 })
vim.cmd("RunqlRun")
settled(function()
  return vim.fn.bufwinid("runql://result") ~= -1
end)
out.result = vim.api.nvim_buf_get_lines(vim.fn.bufnr("runql://result"), 0, -1, false)
out.here = vim.fn.expand("%:t")
vim.fn.writefile({ vim.fn.json_encode(out) }, vim.env.OUT)
vim.cmd("qall!")
