-- For `vim.lsp.enable("runql")` of Neovim 0.11; `require("runql").setup()` does that, and shows results too.
return require("runql").config()
