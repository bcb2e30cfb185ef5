"""RunQL for Pygments: lexers and styles, found by their entry points (`pygmentize -l rql`)."""
