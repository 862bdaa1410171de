data "appaccess_venafi_oauth_rules" "signing" {
  application_id = "CodeSigning"
}

output "signers" {
  value = [for r in data.appaccess_venafi_oauth_rules.signing.rules : r.trustee]
}
