" RunQL: comments, and what a word is.

if exists("b:did_ftplugin")
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:# commentstring=#\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal shiftwidth=2 softtabstop=2 expandtab
" A path such as `summary.val/loss` is one word for completion and for jumping to what it names.
setlocal iskeyword+=$,.,/

let b:undo_ftplugin = "setlocal comments< commentstring< formatoptions< shiftwidth< softtabstop< expandtab< iskeyword<"
