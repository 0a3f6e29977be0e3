"""How large a limit should be, from the customer's own history (product.md section 8). It advises; a person decides."""
