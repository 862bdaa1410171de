# Everybody else who may use the application: nobody. The rule of the operations team is there already: list it, or import it.
resource "appaccess_venafi_oauth_access_exclusive" "signers" {
  application_id = "CodeSigning"
  maximum_scope  = "codesignclient"

  trustees = {
    "operations" = "AD+corp:7f93d2908020204a959910ea5a5704ff"
    "Alice"      = "local:{5be5a591-c842-4520-9142-b455f4ad2286}"
  }
}
