import {
  to = appaccess_venafi_oauth_access_exclusive.signers
  id = "CodeSigning"
}
