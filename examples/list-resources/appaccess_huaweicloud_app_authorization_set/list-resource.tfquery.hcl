# Every application that is open to assigned accounts only.
list "appaccess_huaweicloud_app_authorization_set" "assigned" {
  provider         = appaccess
  include_resource = true

  config {
    authorization_type = "ASSIGN_USER"
  }
}
