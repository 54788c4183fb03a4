"""The words both ends share; standard library only, Python 3.9 and later."""
