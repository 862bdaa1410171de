import {
  to = appaccess_venafi_oauth_access_exclusive.signers
  identity = {
    application_id = "CodeSigning"
  }
}
