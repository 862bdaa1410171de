# The service lists no applications: name those that interest you.
list "appaccess_enos_app_data_authorization" "apps" {
  provider         = appaccess
  include_resource = true

  config {
    app_ids = ["66666666-7777-8888-9999-000000000000", "77777777-8888-9999-0000-111111111111"]
  }
}
