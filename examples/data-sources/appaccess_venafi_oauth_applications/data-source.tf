data "appaccess_venafi_oauth_applications" "all" {}

# The applications that somebody uses.
output "in_use" {
  value = [for a in data.appaccess_venafi_oauth_applications.all.applications : a.application_id if coalesce(a.grant_count, 0) > 0]
}
