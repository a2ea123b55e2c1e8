"""Results as Slack's blocks: chosen by the result's type, within Slack's limits whatever the result's size."""
