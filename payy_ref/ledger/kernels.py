"""
Kernels of transactions: the arithmetic that conservation of value rests on.

Functions on integers without loops or containers. The engines read these very functions
(`assurance`), and the rules call them.
"""

from payy_ref.crypto.field import MODULUS


def sums_agree(left: int, right: int) -> bool:
    """
    Compare two sums as the circuit does: in the field.

    Requirements:
        PAYY-TRANSACTIONS-008, PAYY-TRANSACTIONS-009, PAYY-TRANSACTIONS-012

    Properties:
        PAYY-TRANSACTIONS-T02

    post: __return__ == ((left - right) % MODULUS == 0)
    """
    return left % MODULUS == right % MODULUS


def kinds_agree(first: int, second: int) -> bool:
    """
    Tell whether two notes may be in one transaction: one is padding, or they are of one kind.

    Requirements:
        PAYY-TRANSACTIONS-005

    Properties:
        PAYY-TRANSACTIONS-T03

    post: __return__ == (first == 0 or second == 0 or first == second)
    """
    return first * second == 0 or first == second
