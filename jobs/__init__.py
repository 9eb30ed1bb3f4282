"""One module a job: read the arguments, call the library, print the result."""
