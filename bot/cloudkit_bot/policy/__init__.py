"""Who may do what: a policy is asked before anything is looked at or changed."""
