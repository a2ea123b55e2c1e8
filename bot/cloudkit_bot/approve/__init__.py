"""Plans that wait for somebody's approval: asked for in the channel, bound to what was shown, settled once."""
