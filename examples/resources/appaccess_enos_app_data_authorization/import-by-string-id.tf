import {
  to = appaccess_enos_app_data_authorization.portal
  id = "o15000000000001/66666666-7777-8888-9999-000000000000"
}
