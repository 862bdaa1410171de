import {
  to = appaccess_enos_app_data_authorization.portal
  identity = {
    org_id = "o15000000000001"
    app_id = "66666666-7777-8888-9999-000000000000"
  }
}
