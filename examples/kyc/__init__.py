"""kyc: know your customer: a task that fails now and then, a decision, a letter to the customer."""
