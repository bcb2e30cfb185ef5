-- RunQL for Neovim 0.7 and later: starts `runql lsp`, and shows beside a query what came of it.
--
--   require("runql").setup({ source = "demo" })
local M = {}

M.options = {
  cmd = { "runql", "lsp" },
  filetypes = { "rql" },
  root_markers = { ".runql.toml", ".git" },
  -- What the server is told; see its settings.
  settings = {},
  capabilities = nil,
  on_attach = nil,
}

local is_new = vim.fn.has("nvim-0.11") == 1
local result_buffer = nil

-- Show Markdown, a result or what is wrong, in a window below; the cursor stays where it is.
local function show(reply)
  if type(reply) ~= "table" or type(reply.text) ~= "string" or reply.isCancelled then
    return
  end
  if result_buffer == nil or not vim.api.nvim_buf_is_valid(result_buffer) then
    result_buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(result_buffer, "runql://result")
    vim.api.nvim_buf_set_option(result_buffer, "filetype", "markdown")
  end
  vim.api.nvim_buf_set_option(result_buffer, "modifiable", true)
  vim.api.nvim_buf_set_lines(result_buffer, 0, -1, false, vim.split(reply.text, "\n", { plain = true }))
  vim.api.nvim_buf_set_option(result_buffer, "modifiable", false)
  if vim.fn.bufwinid(result_buffer) == -1 then
    local here = vim.api.nvim_get_current_win()
    vim.cmd("botright sbuffer " .. result_buffer)
    vim.wo.wrap = false
    vim.api.nvim_set_current_win(here)
  end
end

local function clients(buffer)
  if vim.lsp.get_clients then
    return vim.lsp.get_clients({ bufnr = buffer, name = "runql" })
  end
  return vim.tbl_filter(function(client)
    return client.name == "runql"
  end, vim.lsp.buf_get_clients(buffer))
end

-- Send a command to the server and show what it gives.
function M.execute(name, arguments, buffer)
  local client = clients(buffer)[1]
  if client == nil then
    vim.notify("the RunQL server does not run for this buffer", vim.log.levels.WARN, { title = "RunQL" })
    return
  end
  local function answered(err, reply)
    if err then
      vim.notify(err.message, vim.log.levels.ERROR, { title = "RunQL" })
    else
      show(reply)
    end
  end
  local params = { command = name, arguments = arguments }
  if is_new then
    client:request("workspace/executeCommand", params, answered, buffer)
  else
    client.request("workspace/executeCommand", params, answered, buffer)
  end
end

-- A command about some lines, or about the place of the cursor.
local function at(name, given)
  local buffer = vim.api.nvim_get_current_buf()
  local place = { uri = vim.uri_from_bufnr(buffer) }
  if given.range > 0 then
    place.range = { start = { line = given.line1 - 1, character = 0 }, ["end"] = { line = given.line2, character = 0 } }
  else
    place.position = { line = vim.api.nvim_win_get_cursor(0)[1] - 1, character = 0 }
    local column = vim.api.nvim_win_get_cursor(0)[2]
    local line = vim.api.nvim_get_current_line()
    local _, utf16 = vim.str_utfindex(line, math.min(column, #line))
    place.position.character = utf16 or column
  end
  M.execute(name, { place }, buffer)
end

local function attached(client, buffer)
  for command, name in pairs({ RunqlRun = "runql.run", RunqlExplain = "runql.explain", RunqlCheck = "runql.check" }) do
    vim.api.nvim_buf_create_user_command(buffer, command, function(given)
      at(name, given)
    end, { range = true })
  end
  -- Newer ones set it themselves.
  if vim.bo[buffer].omnifunc == "" then
    vim.bo[buffer].omnifunc = "v:lua.vim.lsp.omnifunc"
  end
  if vim.lsp.inlay_hint and vim.fn.has("nvim-0.10") == 1 then
    vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
  end
  if M.options.on_attach then
    M.options.on_attach(client, buffer)
  end
end

local function root(buffer)
  local folder = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ":p:h")
  for _, marker in ipairs(M.options.root_markers) do
    local found = vim.fn.findfile(marker, folder .. ";")
    if found == "" then
      found = vim.fn.finddir(marker, folder .. ";")
    end
    if found ~= "" then
      return vim.fn.fnamemodify(found, ":p:h" .. (vim.fn.isdirectory(found) == 1 and ":h" or ""))
    end
  end
  return folder
end

-- What Neovim is told about the server.
function M.config()
  local settings = vim.tbl_extend("keep", M.options.settings, { results = "return" })
  return {
    name = "runql",
    cmd = M.options.cmd,
    filetypes = M.options.filetypes,
    root_markers = M.options.root_markers,
    init_options = settings,
    settings = { runql = settings },
    capabilities = M.options.capabilities,
    on_attach = attached,
  }
end

local started = {}

local function start(buffer)
  local config = M.config()
  config.root_dir = root(buffer)
  if vim.lsp.start then
    vim.lsp.start(config, { bufnr = buffer })
    return
  end
  local id = started[config.root_dir]
  if id == nil or vim.lsp.get_client_by_id(id) == nil then
    id = vim.lsp.start_client(config)
    started[config.root_dir] = id
  end
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
end

-- Start the server for every buffer of RunQL. `cmd`, `filetypes`, `root_markers`, `capabilities` and `on_attach` are
-- for Neovim; everything else is a setting of the server, such as `source`.
function M.setup(given)
  for name, value in pairs(given or {}) do
    if name == "settings" then
      M.options.settings = vim.tbl_extend("force", M.options.settings, value)
    elseif vim.tbl_contains({ "cmd", "filetypes", "root_markers", "capabilities", "on_attach" }, name) then
      M.options[name] = value
    else
      M.options.settings[name] = value
    end
  end
  for _, name in ipairs({ "runql.run", "runql.explain", "runql.check" }) do
    vim.lsp.commands[name] = function(command, context)
      M.execute(command.command, command.arguments, context.bufnr)
    end
  end
  if is_new then
    vim.lsp.config("runql", M.config())
    vim.lsp.enable("runql")
    return
  end
  vim.api.nvim_create_autocmd("FileType", {
    group = vim.api.nvim_create_augroup("runql", { clear = true }),
    pattern = M.options.filetypes,
    callback = function(event)
      start(event.buf)
    end,
  })
end

return M
