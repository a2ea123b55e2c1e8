"""Take over a container that cloudkit has not made: say it as an app's spec, then exchange it for a replica."""
