data "appaccess_huaweicloud_apps" "all" {}

# Ids by name, as app_ids of the resources takes them.
output "cad" {
  value = data.appaccess_huaweicloud_apps.all.ids["AutoCAD"]
}

# Who is open to everybody?
output "open" {
  value = [for app in data.appaccess_huaweicloud_apps.all.apps : app.name if app.authorization_type == "ALL_USER"]
}

# Two applications of one name: choose by version.
data "appaccess_huaweicloud_apps" "editor" {
  name = "Editor"
}

output "editor" {
  value = one([for app in data.appaccess_huaweicloud_apps.editor.apps : app.id if app.version == "2.0"])
}
