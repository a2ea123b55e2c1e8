"""What goes wrong, told in a channel: one card for each incident, kept true until it is over."""
