data "appaccess_huaweicloud_apps" "all" {}

# Ids by name, as app_ids of the resources takes them.
output "cad" {
  value = data.appaccess_huaweicloud_apps.all.ids["CAD Workbench"]
}

# What is open to everybody?
output "open" {
  value = [for app in data.appaccess_huaweicloud_apps.all.apps : app.name if app.authorization_type == "ALL_USER"]
}

# Where several applications have one name: choose by version.
data "appaccess_huaweicloud_apps" "ledger" {
  name = "Ledger"
}

output "ledger" {
  value = one([for app in data.appaccess_huaweicloud_apps.ledger.apps : app.id if app.version == "11.0"])
}
