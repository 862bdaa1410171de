# Who may do what with one application?
data "appaccess_venafi_oauth_roles" "integration" {
  application_id = "MyIntegration"
}

output "maintainers" {
  value = [for r in data.appaccess_venafi_oauth_roles.integration.roles : r.grantee if r.role == "application_maintainer"]
}

# Who is an administrator?
data "appaccess_venafi_oauth_roles" "admins" {
  role = "admin"
}

output "admins" {
  value = [for r in data.appaccess_venafi_oauth_roles.admins.roles : r.grantee]
}
