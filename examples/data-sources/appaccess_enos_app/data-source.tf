data "appaccess_enos_app" "portal" {
  app_id = "66666666-7777-8888-9999-000000000000"
}

output "portal" {
  value = "${data.appaccess_enos_app.portal.name}: ${join(", ", data.appaccess_enos_app.portal.data_authorize_types)}"
}
