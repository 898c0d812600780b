// SPDX-License-Identifier: Apache-2.0
// The platform as a device: a board behind another wire. A program that uses it adds it with qn_dev_add_port and links libqn_platform.a.
#include "driver/client/qn_client.h"
#include "driver/qn_dev.h"

static int platform_connect(void **ctx, const char *place, const qn_target **t, qn_why *why)
{
    qn_client *c;
    int err = qn_client_open(&c, &qn_wire_platform, place, why);
    if (!err)
        *t = qn_client_target(*ctx = c);
    return err;
}

const qn_port *qn_port_platform(void)
{
    static qn_port port;
    port = qn_port_tcp;
    port.name = "platform";
    port.text = "the whole system on chip in SystemC: RTL, firmware, link, SDRAM";
    port.connect = platform_connect;
    return &port;
}
