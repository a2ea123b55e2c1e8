"""What the bot remembers beside the journal: approvals asked for, work that goes on, deliveries acted on."""
