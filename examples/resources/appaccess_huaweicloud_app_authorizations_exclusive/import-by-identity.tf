import {
  to = appaccess_huaweicloud_app_authorizations_exclusive.payroll
  identity = {
    app_ids = ["9d2b6c1e-0a57-4f5e-8f0e-6f1d9f0f4c22"]
  }
}
