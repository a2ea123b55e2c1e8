"""Take over what runs and cloudkit has not made: say it as an app's spec, then give its pods another owner."""
