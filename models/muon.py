# SPDX-License-Identifier: Apache-2.0
# muon.py: the optimizer of the matrices.
#
#     optimizer = Muon(matrices, lr=0.02, decay=0.1)
#
# Momentum whose update is made orthogonal by five Newton-Schulz steps (Jordan et al. 2024). Matrices of one
# shape are stacked and go through them together: small ones would cost a GPU its time in launches.

import torch


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, decay, momentum=0.95):
        by_shape = {}
        for p in params:
            by_shape.setdefault(p.shape, []).append(p)
        super().__init__([{"params": ps} for ps in by_shape.values()], dict(lr=lr, decay=decay, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            params = group["params"]
            rows, columns = params[0].shape
            grad = torch.stack([p.grad for p in params])
            state = self.state[params[0]]
            if not state:
                state["momentum"] = torch.zeros_like(grad)
            m = state["momentum"].lerp_(grad, 1 - group["momentum"])
            x = grad.lerp(m, group["momentum"])
            x = x.mT if rows > columns else x
            x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
            for _ in range(5):
                a = x @ x.mT
                x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
            x = x.mT if rows > columns else x
            for p, update in zip(params, x):
                p.mul_(1 - group["lr"] * group["decay"])
                p.add_(update, alpha=-group["lr"] * max(1, rows / columns) ** 0.5)
