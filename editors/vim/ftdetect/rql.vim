autocmd BufNewFile,BufRead *.rql setfiletype rql
autocmd BufNewFile,BufRead * if !did_filetype() && getline(1) =~# '^#!.*\<runql\>' | setfiletype rql | endif
