output "parts" {
  value = provider::appaccess::parse_prefixed_universal("AD+corp:1932309a28daf34db5c942630c3a2cc4")
  # { prefix = "AD+corp", provider = "AD", name = "corp", universal = "1932309a28daf34db5c942630c3a2cc4" }
}

data "appaccess_venafi_oauth_roles" "all" {}

# Who holds a role and is not in the directory of the company?
output "outsiders" {
  value = [
    for r in data.appaccess_venafi_oauth_roles.all.roles : r.grantee
    if provider::appaccess::parse_prefixed_universal(r.grantee).prefix != "AD+corp"
  ]
}
