"""Between the console and the program: posts kept in the tenants' files, words and clicks answered."""
