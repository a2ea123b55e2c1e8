"""Who did what, when, from where and with which result; what was wanted before; the way back."""
