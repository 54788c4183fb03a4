"""One run as one HTML file that needs nothing else: charts, findings, receipts, facts."""
