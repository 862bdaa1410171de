# These are the only ones who may use the application. A create fails over trustees who are not listed; its error has the import
# block that shows them in a plan.
resource "appaccess_venafi_oauth_access_exclusive" "signers" {
  application_id = "CodeSigning"
  maximum_scope  = "codesignclient"

  trustees = {
    "operations" = "AD+corp:7f93d2908020204a959910ea5a5704ff"
    "Alice"      = "local:{5be5a591-c842-4520-9142-b455f4ad2286}"
  }
}
