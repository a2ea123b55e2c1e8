"""What is typed in a chat, as words that the grammar reads."""
