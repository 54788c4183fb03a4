"""The dialog «Shrink the job», its parts, and the receipts of what it did."""
