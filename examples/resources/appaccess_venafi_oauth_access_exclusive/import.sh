# The client ID of the application. The IDs serve as labels.
terraform import appaccess_venafi_oauth_access_exclusive.signers CodeSigning
