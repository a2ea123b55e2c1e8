"""The values of cloudkit: what is wanted, and what was seen. They import nothing but the standard library."""
