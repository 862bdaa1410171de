resource "appaccess_enos_app_data_authorization" "portal" {
  # org_id is the provider's unless it is given here.
  app_id = "66666666-7777-8888-9999-000000000000"

  data_authorize_types = ["USER", "ASSET", "ROLE"]
}
