"""pip running: which pip, how it is started, heard and ended, and what a run needs for itself."""
