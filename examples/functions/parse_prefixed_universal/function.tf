output "parts" {
  value = provider::appaccess::parse_prefixed_universal("AD+corp:7f93d2908020204a959910ea5a5704ff")
  # { prefix = "AD+corp", provider = "AD", name = "corp", universal = "7f93d2908020204a959910ea5a5704ff" }
}

data "appaccess_venafi_oauth_roles" "all" {}

# Who holds a role without being in the directory of the company?
output "outsiders" {
  value = [
    for r in data.appaccess_venafi_oauth_roles.all.roles : r.grantee
    if provider::appaccess::parse_prefixed_universal(r.grantee).name != "corp"
  ]
}
