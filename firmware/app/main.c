// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/qn_fw.h"

int main(void)
{
    qn_fw_start();
    for (;;)
        qn_fw_turn();
}
