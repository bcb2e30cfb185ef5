" What Vim makes of texts: $TEXTS holds one a line, as JSON strings; $OUT gets the name of each character's group.
set nocompatible encoding=utf-8
execute 'set runtimepath^=' .. fnameescape($PLUGIN)
filetype plugin on
syntax on
let s:answers = []
for s:text in readfile($TEXTS)
  enew!
  setlocal noswapfile
  call setline(1, split(json_decode(s:text), "\n", 1))
  setfiletype rql
  let s:names = []
  for s:line in range(1, line('$'))
    let s:column = 1
    for s:char in split(getline(s:line), '\zs')
      call add(s:names, synIDattr(synID(s:line, s:column, 1), 'name'))
      let s:column += strlen(s:char)
    endfor
    call add(s:names, '')
  endfor
  call add(s:answers, json_encode([&filetype, &commentstring, s:names]))
endfor
call writefile(s:answers, $OUT)
qall!
