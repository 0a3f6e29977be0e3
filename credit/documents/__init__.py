"""Documents for the customer: invoices and statements of account as PDF, and the messages that carry them."""
