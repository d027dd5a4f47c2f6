"""One module for each kind of file. Each has `read(data, name=..., budget=...) -> Document` and raises CannotRead."""
