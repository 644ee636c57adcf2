"""What all routes share: problems, limits, safe retries, paging, versions, security headers, the reference at /docs."""
