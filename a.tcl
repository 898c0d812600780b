puts [info commands *vcd*]
puts [info commands *power*]
puts [info commands *activit*]
puts [info commands *sdf*]
help read_vcd*
help report_power
help set_power_activity
help read_vcd_activities
help report_clock_min_period
help report_checks
exit
