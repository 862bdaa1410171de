list "appaccess_huaweicloud_app_authorizations_exclusive" "payroll" {
  provider         = appaccess
  include_resource = true

  config {
    name = "Payroll"
  }
}
